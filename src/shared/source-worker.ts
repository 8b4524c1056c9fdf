import { Worker, type WorkerOptions } from "node:worker_threads";

/** Starts a thread of one of our own files, named by its source: from the build it is JavaScript, from the sources TypeScript. */
export function startSourceWorker(source: URL, options: WorkerOptions): Worker {
  const isBuilt = import.meta.url.endsWith(".js");
  if (isBuilt) return new Worker(new URL(source.href.replace(/\.ts$/, ".js")), options);
  // From the sources, a thread has to be taught to read TypeScript first.
  const entry = JSON.stringify(source.href);
  return new Worker(`import("tsx/esm/api").then(({ register }) => { register(); return import(${entry}); })`, { ...options, eval: true });
}
