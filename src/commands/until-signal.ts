/** Whoever stops services kills what has not ended by then (10 s with Docker): ours ends by itself a moment before, and says so. */
const END_DEADLINE_MILLISECONDS = 9_500;

/**
 * Resolves when a signal asks for the end; one that comes after that does not wait for it. What then takes too long, a start that hangs
 * among it, is cut off: processes of ours end with us, and sessions stay wanted.
 */
export async function untilSignal(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM"] as const;
  await new Promise<void>((done) => {
    for (const signal of signals) process.once(signal, () => done());
  });
  for (const signal of signals) process.on(signal, () => process.exit(1));
  setTimeout(() => {
    process.stderr.write("The end took too long and was cut off.\n");
    process.exit(1);
  }, END_DEADLINE_MILLISECONDS).unref();
}
