/** A start, or a command, cannot be carried out as things are; the message is for a person and says what to change. */
export class StartError extends Error {
  override readonly name: string = "StartError";
}
