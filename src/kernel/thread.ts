import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * Starts a thread from the file `name` beside the caller: compiled in the shipped program; where the sources run, tsx reads
 * them. The thread is given no environment, so that no secret reaches it.
 * @param caller the caller's `import.meta.url`
 * @param name without its ending, such as "./worker"
 */
export function startThread(caller: string, name: string, options: WorkerOptions = {}): Worker {
  const bare = { env: {}, ...options };
  if (!caller.endsWith(".ts")) return new Worker(new URL(`${name}.js`, caller), bare);
  const tsx = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const file = JSON.stringify(new URL(`${name}.ts`, caller).href);
  const code = `import(${tsx}).then(({ register }) => { register(); return import(${file}); });`;
  return new Worker(code, { ...bare, eval: true });
}
