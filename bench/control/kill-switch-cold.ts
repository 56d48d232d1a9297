import type { Workload } from "../workload.ts";
import { FAKED_SIGNER, PROGRAM, coldHome, started } from "./_cold.ts";

const ORDERS = 50;

/** `breakwater halt` from the command line, from nothing to its exit, 50 orders cancelled through the signer that runs; at most 3,000 ms. */
export const workload: Workload = {
  name: "kill switch, command line cold, 50 orders through the running signer",
  unit: "ms",
  better: "lower",
  n: ORDERS,
  measuresItself: true,
  own: async () => {
    const { openFake } = await import("../../test/fakes/exchanges/core.ts");
    const { binanceusdm } = await import("../../test/fakes/exchanges/binanceusdm.ts");
    const fake = await openFake(binanceusdm);
    const env = coldHome(fake.url);
    // In a clone the first call may build; that is not what is measured.
    await started(PROGRAM, ["--version"], env).ended;
    const signer = started(FAKED_SIGNER, [], env);
    await signer.listening;
    for (let at = 0; at < ORDERS; at += 1)
      fake.state().submit({
        clientOrderId: `resting-${at}`,
        side: "buy",
        quantity: 1,
        price: 30_000 + at,
        tif: "GTC",
        reduceOnly: false,
      });
    return async () => {
      const begun = performance.now();
      const { code, said } = await started(PROGRAM, ["halt", "--reason", "bench"], env).ended;
      const took = performance.now() - begun;
      const left = fake.state().orders.filter((one) => one.state === "open").length;
      signer.stop();
      await fake.close();
      if (code !== 0 || left > 0) throw new Error(`${left} orders are left, exit code ${code}: ${said}`);
      return took;
    };
  },
};
