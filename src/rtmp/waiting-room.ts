import ipaddr from "ipaddr.js";

/** Of those that only connected so far: in all, and from one network. */
const WAITING_LIMIT = 256;
const WAITING_LIMIT_EACH = 32;
/** Whoever has an IPv6 address has all that begin with these bits. */
const NETWORK_BYTES = 8;

interface Guest {
  readonly sendAway: () => void;
}

/**
 * Those who connected and do not publish yet. When it is full, who has waited longest of the network that most wait of has to go: somebody
 * who comes to publish gets in, however many strangers there are.
 */
export class WaitingRoom {
  /** Oldest first, within each network too. */
  readonly #networks = new Map<string, Set<Guest>>();
  #count = 0;

  /** Gives how to leave, to be called once or more; null when too many of that network wait. */
  enter(address: string, sendAway: () => void): (() => void) | null {
    const network = networkOf(address);
    if ((this.#networks.get(network)?.size ?? 0) >= WAITING_LIMIT_EACH) return null;
    if (this.#count >= WAITING_LIMIT) this.#evict();
    const guest: Guest = { sendAway };
    const guests = this.#networks.get(network) ?? new Set();
    this.#networks.set(network, guests.add(guest));
    this.#count += 1;
    return () => this.#leave(network, guest);
  }

  #evict(): void {
    const crowds = [...this.#networks].toSorted(([, one], [, other]) => other.size - one.size);
    const [network, guests] = crowds[0] ?? ["", new Set<Guest>()];
    for (const guest of guests) {
      this.#leave(network, guest);
      return guest.sendAway();
    }
  }

  #leave(network: string, guest: Guest): void {
    const guests = this.#networks.get(network);
    if (!guests?.delete(guest)) return;
    this.#count -= 1;
    if (guests.size === 0) this.#networks.delete(network);
  }
}

/** What belongs to one party: an IPv4 address, or the first 64 bits of an IPv6 one; what is no address as it is. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === "ipv4" ? parsed.toString() : Buffer.from(parsed.toByteArray().slice(0, NETWORK_BYTES)).toString("hex");
}
