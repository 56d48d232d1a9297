import { Argument, Command, CommanderError, Option } from "commander";
import { REPORT_KINDS } from "./commandline/report-kinds.ts";
import { signerCommand } from "./commandline/signer.ts";
import { STORM_NAMES } from "./commandline/storms.ts";
import { WRONG_USE, complain, exitCodeOf } from "./commandline/terminal.ts";
import { messageOf } from "./kernel/errors.ts";
import { programVersion } from "./kernel/program.ts";
import { KEY_PARTS } from "./kernel/sealed.ts";
import { HALT_MODES } from "./policy/freeze/halt.ts";

/** Stands under the list of commands. */
const EXIT_CODES = `
Exit codes: 0 done; 1 failed, or something is amiss;
  ${WRONG_USE} wrong arguments or configuration; 75 start it again.`;

interface Outcome {
  readonly code: number;
}

function program(finish: (outcome: Outcome) => void): Command {
  // Loaded when it is called: the kill switch must not wait for what it does not need.
  const act =
    <A extends unknown[]>(load: () => Promise<(...args: A) => number | Promise<number>>) =>
    async (...args: A): Promise<void> =>
      finish({ code: await (await load())(...args) });
  const root = new Command("breakwater")
    .description("Incident response for a crypto-derivatives desk, in chat.")
    .showHelpAfterError("breakwater --help lists the commands; each one's --help shows its options and an example.")
    .version(programVersion(), "--version", "print the program's version")
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  const json = (): Option => new Option("--json", "print machine-readable output");

  root
    .command("start")
    .description("run the desk of desk.yaml")
    .addOption(json())
    .addHelpText("after", "\nExample: BREAKWATER_DESK=./desk.yaml breakwater start")
    .action(act(async () => (await import("./commandline/start.ts")).runStart));
  root
    .command("demo")
    .description("run a simulated storm on a paper exchange, from alert to approved hedge")
    .addOption(new Option("--storm <name>", "the day it is modelled on").choices(STORM_NAMES).default("2020-03-12"))
    .option("--speed <factor>", "how much faster than its normal course", "1")
    .option("--seed <number>", "seed of the simulation", "1")
    .option("--headless", "without a browser: approve by itself and check every promise")
    .option("--approve-as <person>", "who approves in a headless run", "ana")
    .option("--fresh", "forget what an earlier demo left")
    .option("--step-up", "headless: then hedge above the tier, approved by two persons with software passkeys")
    .option("--with-fakes", "attach simulated Slack and Discord workspaces")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater demo --headless --approve-as ana --json")
    .action(act(async () => (await import("./commandline/demo.ts")).runDemo));
  root
    .command("worker")
    .description("run a share of the detectors over the market's events on NATS, without database, chat or keys")
    .addOption(json())
    .addHelpText("after", "\nExample: NATS_URL=nats://bus:4222 breakwater worker")
    .action(act(async () => (await import("./commandline/worker.ts")).runWorker));
  const ledger = root.command("ledger").description("verify or export the ledger, or prove one entry of it");
  ledger
    .command("verify")
    .description("recompute the whole chain by a second path and name the first bad row")
    .option(
      "--venues",
      "also ask what became of the recorded orders: the paper exchange's journal, and each exchange by reading",
    )
    .option("--days <days>", "how far back exchanges are asked", "3")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater ledger verify")
    .action(act(async () => (await import("./commandline/ledger.ts")).verifyCommand));
  ledger
    .command("export")
    .description("write every entry to standard output")
    .addOption(new Option("--format <format>", "form of the export").choices(["json", "csv"]).default("json"))
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater ledger export --format csv > ledger.csv")
    .action(act(async () => (await import("./commandline/ledger.ts")).exportCommand));
  ledger
    .command("proof")
    .description("prove one entry against a signed tree head, without showing the others")
    .argument("<entry>", "its number")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater ledger proof 42 > entry-42.json")
    .action(act(async () => (await import("./commandline/ledger.ts")).proofCommand));
  root
    .command("report")
    .description(
      "order records, RTS 6 evidence, DORA form, suspicious transaction draft, access review; no legal advice",
    )
    .addArgument(new Argument("<kind>", "which report").choices(REPORT_KINDS))
    .option("--from <day>", "first day; a year before --to where left out")
    .option("--to <day>", "first day after it; now where left out")
    .option("--incident <id>", "the incident, for dora and suspicious")
    .option("--answers <file>", "what people know, as YAML or JSON, for dora and suspicious")
    .addOption(new Option("--format <format>", "form of the report").choices(["text", "json", "csv"]).default("text"))
    .option("--out <file>", "a new file that only you can read, instead of the screen")
    .addOption(json())
    .addHelpText(
      "after",
      "\nExample: breakwater report orders --from 2026-11-01 --to 2026-12-01 --format csv > orders.csv",
    )
    .action(act(async () => (await import("./commandline/report.ts")).runReport));
  root
    .command("doctor")
    .description("check configuration, database, clock, accounts, chat and rules, and say what to do")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater doctor")
    .action(act(async () => (await import("./commandline/doctor.ts")).runDoctor));
  root
    .command("record")
    .description("write the public streams of desk.yaml to files that replay reads")
    .argument("[folder]", "where to; a new folder under BREAKWATER_HOME/recordings where left out")
    .option("--most <megabytes>", "the oldest files are deleted before all exceed this", "10240")
    .option("--for <duration>", "stop after 90s, 5m, 24h or 7d; otherwise at Ctrl-C")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater record ./day --for 24h")
    .action(act(async () => (await import("./commandline/record.ts")).runRecord));
  root
    .command("replay")
    .description("run recorded days through the same detectors that watch the live market")
    .argument("<recording...>", "files as exchanges and recorders publish them")
    .option("--detectors <names>", "only these, separated by commas")
    .option("--playbooks <names>", "show what these would plan for an account on paper; all, or names with commas")
    .option("--desk <file>", "with --playbooks: a desk.yaml for alarms and rules; the usual ones where left out")
    .option("--speed <factor>", "max, or how many times faster than recorded", "max")
    .option("--format <name>", "where it cannot be told from the file")
    .option("--labels <csv>", "score the hits against labelled events")
    .addOption(json())
    .addHelpText(
      "after",
      "\nExample: breakwater replay btc-2024-08-08.gz --detectors spoofing,price-dislocation --json",
    )
    .action(act(async () => (await import("./commandline/replay.ts")).runReplay));
  root
    .command("backtest")
    .description("live an account through a recorded or simulated market, with a playbook and without")
    .argument("<playbook>", "the playbook, such as margin-breach")
    .argument("[recording...]", "files as replay reads them; bitcoin's price is taken from them")
    .addOption(new Option("--storm <name>", "a simulated day instead of recordings").choices(STORM_NAMES))
    .option("--against <playbook>", "what it is compared with: none, or another playbook", "none")
    .option("--seeds <number>", "lives of each side", "5")
    .option("--format <name>", "where it cannot be told from the file")
    .option("--html <file>", "write a report with charts")
    .addOption(json())
    .addHelpText(
      "after",
      "\nExample: breakwater backtest margin-breach --storm 2020-03-12 --seeds 20 --html report.html",
    )
    .action(act(async () => (await import("./commandline/backtest.ts")).runBacktest));
  const policy = root.command("policy").description("check, draft, explain, simulate or test the rules");
  policy
    .command("check")
    .description("find rules that are malformed, shadowed or never hit, quorums nobody can meet and missing caps")
    .argument("[desk]", "another desk.yaml than the desk's own")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater policy check")
    .action(act(async () => (await import("./commandline/policy.ts")).policyCheck));
  policy
    .command("draft")
    .description(
      "ask for the rules, people and playbooks of a file: what tightens is in force at once, the rest is put to people",
    )
    .argument("<file>", "a desk file, or a piece of one; what it leaves out stays as it is")
    .requiredOption("--by <person>", "who asks; another must approve")
    .requiredOption("--reason <text>", "why, for the record")
    .addOption(json())
    .addHelpText(
      "after",
      '\nExample: breakwater policy draft desk.new.yaml --by ana --reason "two desks share the cap"',
    )
    .action(act(async () => (await import("./commandline/policy.ts")).policyDraft));
  policy
    .command("explain")
    .description("show how every rule judged a plan, and what became of it")
    .argument("<plan>", "first characters of its hash")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater policy explain 3f9a01bc")
    .action(act(async () => (await import("./commandline/policy.ts")).policyExplain));
  policy
    .command("simulate")
    .description("judge past plans by another desk file and show what loosens")
    .argument("<desk>", "the other desk.yaml, or a piece of one")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater policy simulate desk.new.yaml")
    .action(act(async () => (await import("./commandline/policy.ts")).policySimulate));
  policy
    .command("test")
    .description("judge the cases of a file by a desk's rules; exit 1 where one is decided otherwise than expected")
    .argument("<cases>", "a file of expected decisions (docs/policy.md)")
    .argument("[desk]", "another desk.yaml than the desk's own")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater policy test policy.cases.yaml")
    .action(act(async () => (await import("./commandline/policy.ts")).policyTest));
  root
    .command("plan")
    .description("verify a plan's fingerprint")
    .command("verify")
    .description("recompute a plan's fingerprint from its file, offline")
    .argument("<file>", "the plan as JSON")
    .option("--hash <hash>", "the hash or the four words it should have")
    .addOption(json())
    .addHelpText("after", '\nExample: breakwater plan verify plan.json --hash "coal oval card fish"')
    .action(act(async () => (await import("./commandline/plan.ts")).verifyPlan));
  root
    .command("halt")
    .description("kill switch: stop new orders and cancel every working one; needs neither Postgres nor chat")
    .option("--reason <text>", "why, for the record", "pulled on the command line")
    .addOption(
      new Option("--mode <mode>", "halt all; reduce-only lets reductions through; cancel only cancels what works")
        .choices(HALT_MODES)
        .default("halt"),
    )
    .addOption(json())
    .addHelpText("after", '\nExample: breakwater halt --reason "fills we cannot explain"')
    .action(act(async () => (await import("./commandline/halt.ts")).runHalt));
  root.addCommand(signerCommand((code) => finish({ code })));
  root
    .command("keys")
    .description("seal exchange keys")
    .command("seal")
    .description("encrypt a key for one account and purpose, for a file or a variable of the desk's environment")
    .argument("<account>", "its id in desk.yaml")
    .addOption(new Option("--purpose <part>", "which part of the key").choices(KEY_PARTS).makeOptionMandatory())
    .addOption(json())
    .addHelpText(
      "after",
      "\nExample: breakwater keys seal binance-main --purpose API_SECRET < secret.txt > binance-main.secret.sealed",
    )
    .action(act(async () => (await import("./commandline/keys.ts")).sealKey));
  root
    .command("config")
    .description("print the schema of desk.yaml")
    .command("schema")
    .description("print the JSON Schema of desk.yaml, for editors")
    .addOption(json())
    .addHelpText("after", "\nExample: breakwater config schema > desk.schema.json")
    .action(act(async () => (await import("./commandline/schema.ts")).printSchema));
  return root;
}

/** The engine's database driver warns about its own use of itself at every start; every other warning stays. */
function quietDriver(): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (!/client\.query\(\) when the client is already executing/.test(warning.message))
      complain(`${warning.name}: ${warning.message}`);
  });
}

/**
 * Runs the program; resolves to its exit code. Failures are one plain sentence on stderr.
 * @param argv what stands after the program's name
 */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  quietDriver();
  // Whoever reads only the first lines ends the pipe; that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await program((outcome) => {
      code = outcome.code;
    }).parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    complain(messageOf(error));
    return exitCodeOf(error);
  }
}
