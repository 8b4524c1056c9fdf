import type { Socket } from "node:dgram";

/** Spares a way through the name resolver for each packet: all our peers are addresses. */
export function asItIs(
  address: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  done(null, address, address.includes(":") ? 6 : 4);
}

/** Room for what arrives while we are busy. Some systems refuse what is beyond their limit, and others give less without a word. */
export function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(4_194_304);
  } catch {
    // It works with less: what is lost is sent again.
  }
}
