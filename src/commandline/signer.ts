import { Command, CommanderError, Option } from "commander";
import { loadSignerConfig } from "../config/signer.ts";
import { type Problem, readEnvironment } from "../config/environment.ts";
import { systemClock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { openLog } from "../kernel/log.ts";
import path from "node:path";
import { liftFreeze, writeFreeze } from "../signer/freeze.ts";
import { signerFolder } from "../signer/settings.ts";
import { startSigner } from "../signer/start.ts";
import { WRONG_USE, complain, exitCodeOf } from "./terminal.ts";

interface RunOptions {
  readonly cancelOnly?: boolean;
  readonly group?: boolean;
  readonly child?: boolean;
}

/** Resolves once somebody asks the process to end; as a child also when its desk is gone, however it died. */
const untilAsked = (child: boolean): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve());
    if (child) process.stdin.resume().once("close", () => resolve());
  });

async function run(options: RunOptions): Promise<number> {
  const config = loadSignerConfig(process.env);
  const log = openLog(config.logLevel);
  const asked = untilAsked(options.child === true);
  const server = await startSigner(config, {
    cancelOnly: options.cancelOnly === true,
    group: options.group === true,
    clock: systemClock,
    log,
  });
  process.stdout.write(`${JSON.stringify({ type: "listening", socket: config.socket })}\n`);
  await asked;
  await server.close();
  // What is under way now only reads; nobody waits for it any more.
  return process.exit(0);
}

/** The home folder alone: a freeze must not wait for a configuration that is good. */
function folder(): string {
  const problems: Problem[] = [];
  const home = readEnvironment(process.env, problems).text("BREAKWATER_HOME") ?? ".breakwater";
  return signerFolder(path.resolve(home));
}

/** The `signer` command, which stands in a program of its own: that process loads no more of Breakwater than signing needs. */
export function signerCommand(finish: (code: number) => void): Command {
  const signer = new Command("signer")
    .exitOverride()
    .showHelpAfterError("breakwater signer --help lists its commands; each one's --help shows its options.")
    .description("hold the exchange keys in a process of its own, which sends only orders with a valid approval")
    .option("--cancel-only", "read and cancel, send no order")
    .option("--group", "let the socket's group reach it, where the desk runs as another user")
    .addOption(new Option("--child", "end when standard input ends").hideHelp())
    .addHelpText("after", "\nExample: BREAKWATER_SIGNER=/run/breakwater/signer.sock breakwater signer --group")
    .action(async (options: RunOptions) => finish(await run(options)));
  signer
    .command("freeze")
    .description("let no order go until it is lifted on this machine; cancelling stays possible")
    .requiredOption("--reason <text>", "why, for the record")
    .addHelpText("after", '\nExample: breakwater signer freeze --reason "fills we cannot explain"')
    .action((options: { reason: string }) => {
      const by = process.env["USER"] ?? "operator";
      writeFreeze(folder(), { by, reason: options.reason, at: systemClock.now().toISOString() });
      process.stdout.write("The signer lets no order go.\n");
      finish(0);
    });
  signer
    .command("unfreeze")
    .description("lift the signer's own freeze; the desk's freezes and the kill switch stay")
    .addHelpText("after", "\nExample: breakwater signer unfreeze")
    .action(() => {
      if (!liftFreeze(folder())) throw new DeskError("INPUT_INVALID", "the signer was not frozen; nothing was changed");
      process.stdout.write("The signer lets orders go again.\n");
      finish(0);
    });
  return signer;
}

/**
 * Runs the signer's program; resolves to its exit code. Failures are one plain sentence on stderr.
 * @param argv what stands after the program's name, `signer` first
 */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  try {
    const root = new Command("breakwater").exitOverride();
    root.addCommand(
      signerCommand((result) => {
        code = result;
      }),
    );
    await root.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    complain(messageOf(error));
    return exitCodeOf(error);
  }
}
