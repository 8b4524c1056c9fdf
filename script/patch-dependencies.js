// Applied by `npm ci` (postinstall). postgres.js 3.4.9 ends the whole process when PostgreSQL restarts under load: a statement that
// meets a closed connection is written to a socket that is null (upstream 1154, 1208). Applying it twice changes nothing, and a release
// that reads differently stops the installation, so that the guard cannot get lost in silence.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FILES = ["src/connection.js", "cjs/src/connection.js", "cf/src/connection.js"];

const CHANGES = [
  {
    // A statement for a connection that is closed fails like those that were under way; `true` keeps the connection where it is,
    // among the closed ones, from where the pool opens it again.
    from: `    if (q.cancelled)
      return

    try {
      q.state = backend`,
    to: `    if (q.cancelled)
      return

    if (socket === null)
      return queryError(q, Errors.connection('CONNECTION_CLOSED', options)), true

    try {
      q.state = backend`,
  },
  {
    // What was to be written belongs to statements that were rejected when the connection closed.
    from: `  function nextWrite(fn) {
    const x = socket.write(chunk, fn)`,
    to: `  function nextWrite(fn) {
    if (socket === null) {
      nextWriteTimer !== null && clearImmediate(nextWriteTimer)
      chunk = nextWriteTimer = null
      return true
    }
    const x = socket.write(chunk, fn)`,
  },
  {
    // Left over, it would stand before the greeting of the next connection, and the timer that counts as set would never write it.
    from: `    clearImmediate(nextWriteTimer)
    socket.removeListener('data', data)
    socket.removeListener('connect', connected)
    idleTimer.cancel()`,
    to: `    clearImmediate(nextWriteTimer)
    chunk = nextWriteTimer = null
    socket.removeListener('data', data)
    socket.removeListener('connect', connected)
    idleTimer.cancel()`,
  },
  {
    // Nobody waits for the question about array types that a new connection asks: a connection given up before its answer was a rejection
    // without a handler, which ends the process. The connection is of no use then, and the next one asks again.
    from: `        return fetchArrayTypes()
`,
    to: `        return fetchArrayTypes().catch(() => {
          needsTypes = options.fetch_types
          socket && socket.destroy()
        })
`,
  },
  {
    // What PostgreSQL refuses after the last byte of a COPY, such as a name that is taken, would be told to nobody: whoever wrote the
    // bytes would wait for ever.
    from: `  function errored(err) {
    stream && (stream.destroy(err), stream = null)
`,
    to: `  function errored(err) {
    stream && (stream.destroy(err), stream = null)
    final && (final(err), final = null)
`,
  },
];

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", "postgres");
for (const file of FILES) {
  const path = join(root, file);
  const before = readFileSync(path, "utf8");
  let after = before;
  for (const { from, to } of CHANGES) {
    if (after.includes(to)) continue;
    if (!after.includes(from)) throw new Error(`${path} is not the text that script/patch-dependencies.js knows; is postgres still 3.4.9?`);
    after = after.replace(from, () => to);
  }
  if (after !== before) writeFileSync(path, after);
}
