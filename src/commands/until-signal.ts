/** Resolves when a signal asks for the end; one that comes after that does not wait for it. */
export async function untilSignal(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM"] as const;
  await new Promise<void>((done) => {
    for (const signal of signals) process.once(signal, () => done());
  });
  for (const signal of signals) process.on(signal, () => process.exit(1));
}
