import { DeskError, command } from "../src/index.ts";

export default command(
  {
    name: "unfreeze",
    summary: "Asks others to let a frozen scope trade again",
    args: [
      { name: "scope", summary: "what is frozen", required: false },
      { name: "reason", summary: "why it is safe now", required: false },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { scope: "scopes" },
    example: "/unfreeze account:paper-a",
  },
  async ({ desk, person, args }) => {
    const frozen = await desk.freezes();
    const given = args["scope"] ?? (frozen.length === 1 ? frozen[0]?.scope : undefined);
    const scope = given !== undefined && desk.accounts.includes(given) ? `account:${given}` : given;
    if (scope === undefined || !frozen.some((one) => one.scope === scope)) {
      const list = frozen.map((one) => one.scope).join(", ");
      throw new DeskError(
        "NOTHING_TO_DO",
        list ? `${scope ?? "nothing"} is not frozen; frozen are ${list}` : "nothing is frozen",
      );
    }
    const { incident } = await desk.start(person, "unfreeze", {
      title: `${person.name} asks to unfreeze ${scope}${args["reason"] ? `: ${args["reason"]}` : ""}`,
      severity: "medium",
      input: { scope },
    });
    return { ok: true, text: `${incident} opened: others approve it on its card.`, incident };
  },
);
