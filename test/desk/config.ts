import { type Config, loadConfig } from "../../src/config.ts";

/** A desk of three people and one paper account, with these routes and this environment. */
export const deskConfig = (routes: string, environment: Record<string, string>): Config =>
  loadConfig(environment, {
    name: "test desk",
    text: `
desk: { name: Harbour Desk }
people:
  ana: { name: Ana Ruiz, roles: [trader, operator] }
  ben: { name: Ben Okafor, roles: [risk] }
  cleo: { name: Cleo Lind, roles: [compliance] }
accounts:
  paper-a: { venue: paper }
routes:
${routes}
`,
  });
