import { command } from "../src/index.ts";

/** Ties the chat account that asked for the code to the person signed in here. */
export default command(
  {
    name: "link",
    summary: "Links a chat account to you: type it in chat for a code, then here with the code",
    args: [{ name: "code", summary: "the eight digits that the chat answered", required: false }],
    needs: [],
    example: "/link 20481632",
  },
  async ({ desk, person, args }) => {
    const code = args["code"];
    if (code === undefined)
      return {
        ok: true,
        text:
          person.surface === "console"
            ? "Type /link in Slack or Discord first; it answers with a code to type here."
            : `This account is linked to ${person.name} already.`,
      };
    return { ok: true, text: await desk.link(person, code) };
  },
);
