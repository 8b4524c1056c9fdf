const POLYNOMIAL = 0x04c11db7;

/** The checksum of a section of a transport stream (ISO 13818-1, annex A); of one with its own at its end, 0 where that is right. Pure. */
export function sectionChecksum(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder << 1) ^ (remainder & 0x80000000 ? POLYNOMIAL : 0);
  }
  return remainder >>> 0;
}
