/** The other side sent what no reader of its protocol could go on with. The message is a sentence, and holds nothing of what was sent. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}
