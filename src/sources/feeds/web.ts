import { WebSocket } from "ws";
import { messageOf } from "../../kernel/errors.ts";
import type { FeedWorld, Socket, SocketEvents } from "./market/live.ts";

const HANDSHAKE_MS = 10_000;
const FETCH_MS = 10_000;
/** No venue sends more at once; what is larger ends the connection instead of the memory. */
const LARGEST_MESSAGE = 16 * 1_048_576;

/** Opens a websocket; compressed messages are taken where the venue offers them. */
function open(url: string, events: SocketEvents): Socket {
  const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_MS, maxPayload: LARGEST_MESSAGE });
  let reason = "it ended without a reason";
  socket.on("open", events.onOpen);
  socket.on("message", (data) => {
    if (Buffer.isBuffer(data)) events.onMessage(data);
  });
  socket.on("error", (error) => {
    reason = messageOf(error);
  });
  socket.on("close", (code) => events.onClose(code === 1006 ? reason : `code ${code}`));
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    // A dead line would wait half a minute for the other side's goodbye.
    close: () => socket.terminate(),
  };
}

/** @throws where the answer is no success within 10 s */
async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: "error" });
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new Error(`status ${answer.status}`);
  }
  return answer.text();
}

/** The real network, as feeds use it. */
export const WEB: Pick<FeedWorld, "open" | "fetch"> = { open, fetch: fetchText };
