/** Daily returns in percent from a GARCH(1,1) like that of DM/GBP, the same on every call: 1,974 of them. */
export const DAYS = 1974;

export async function returns(): Promise<number[]> {
  const { seededRandom } = await import("../../src/quant/random.ts");
  const random = seededRandom(1974);
  let variance = 0.25;
  return Array.from({ length: DAYS }, () => {
    const shock = Math.sqrt(variance) * random.normal();
    variance = 0.0108 + 0.153 * shock ** 2 + 0.806 * variance;
    return shock - 0.006;
  });
}
