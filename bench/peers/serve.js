import postgres from "postgres";

/**
 * What every server here is given by whoever starts it, as JSON in its first argument.
 * @typedef {object} Order
 * @property {{ socketDirectory: string, port: number, user: string, database: string }} address Of PostgreSQL.
 * @property {number} connections Of its pool.
 * @property {string} organizationId Whose sessions it lists; none of these servers asks who calls.
 * @property {string} publicUrl The base of the addresses that players open.
 */

/** @type {Order} */
export const order = JSON.parse(process.argv[2] ?? "{}");

/** The driver of the gateway, with as many connections. */
export function openPool() {
  const { socketDirectory, port, user, database } = order.address;
  return postgres({ host: socketDirectory, port, user, database, max: order.connections });
}

/**
 * Rows of a statement, which is prepared once for each connection.
 * @param {import("postgres").Sql} pool
 * @param {string} text
 * @param {(string | number | null)[]} values
 */
export function ask(pool, text, values) {
  return pool.unsafe(text, values, { prepare: true });
}

/**
 * Where a page goes on; null from the beginning.
 * @param {string | null | undefined} cursor
 * @returns {{ key: string, id: string } | null}
 */
export function decodeCursor(cursor) {
  if (cursor === null || cursor === undefined) return null;
  const [, key, id] = JSON.parse(Buffer.from(cursor, "base64url").toString());
  return { key, id };
}

/**
 * @param {string} key
 * @param {string} id
 */
export function encodeCursor(key, id) {
  return Buffer.from(JSON.stringify(["NAME:ASC", key, id])).toString("base64url");
}

// Nobody is left to ask once whoever started this process has ended.
process.once("disconnect", () => process.exit());

/**
 * Tells whoever started this process where it listens.
 * @param {number} port
 */
export function tellPort(port) {
  process.send?.(port);
}
