import { command } from "../src/index.ts";

export default command(
  { name: "whoami", summary: "Says who the desk takes you for", args: [], needs: [], example: "/whoami" },
  async ({ person }) => ({
    ok: true,
    text: `You are ${person.name} (${person.id}) on ${person.surface}, with the roles ${person.roles.join(", ") || "none"}.`,
  }),
);
