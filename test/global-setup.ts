/** Runs once before all projects. */
export default async function setup(): Promise<() => Promise<void>> {
  return async () => {};
}
