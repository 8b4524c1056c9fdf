import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Sql, TransactionSql } from "postgres";
import type { Liveness } from "./liveness.ts";
import type { DatabaseObserver } from "./observer.ts";
import { Fault } from "../shared/user-error.ts";
import { availabilityFault, findFault } from "./sql-state.ts";

/** What Drizzle uses of the driver's client. */
type Query = PromiseLike<unknown[]> & {
  readonly values: () => PromiseLike<unknown[][]>;
  /** The columns' bytes, of which Drizzle knows nothing. */
  readonly raw: () => PromiseLike<(Uint8Array | null)[][]>;
};

/** What runs statements. */
export interface StatementClient {
  readonly unsafe: (text: string, parameters: unknown[], options: object) => Query;
}

interface GuardedClient extends StatementClient, StreamingClient {
  readonly options: { readonly parsers: object; readonly serializers: object };
  readonly begin: (work: (client: GuardedTransaction) => Promise<unknown>) => Promise<unknown>;
}

/** What runs a COPY, which Drizzle does not know of. */
export interface CopyingClient {
  /** Settles once PostgreSQL has taken or refused all of `pieces`, rows as COPY reads them. */
  readonly copyIn: (text: string, pieces: Iterable<Uint8Array>) => Promise<void>;
}

/** What hands out rows while PostgreSQL still makes the next ones, which Drizzle does not know of either. */
export interface StreamingClient {
  /** Settles once all rows were given to `onRow`, or with what went wrong after some of them. */
  readonly each: (text: string, parameters: unknown[], onRow: (row: unknown[]) => void) => Promise<void>;
}

interface GuardedTransaction extends StatementClient, CopyingClient {
  readonly savepoint: (work: (client: GuardedTransaction) => Promise<unknown>) => Promise<unknown>;
}

/** Of one transaction: once an exchange of it got no answer, nothing more of it may be sent, and least of all a commit. */
interface TransactionState {
  failure: Error | null;
  /** Answers the caller at once, whatever the work and the driver still wait for. */
  readonly giveUp: (error: Error) => void;
}

/**
 * Stands between Drizzle and the driver: every exchange is watched, errors of availability become faults, and `pool` may be another
 * one from call to call, since connections that hang can only be given up together.
 */
export function guardClient(pool: () => Sql, { liveness, observer }: Guards): Sql {
  const { parsers, serializers } = pool().options;
  const client: GuardedClient = {
    options: { parsers, serializers },
    unsafe: (text, parameters, options) => {
      const observe: Observe = (run) => counted(observer, () => observer.statement(text, run));
      return guardQuery(liveness.watch, observe, () => send(pool(), text, parameters, options));
    },
    each: (text, parameters, onRow) =>
      counted(observer, () =>
        observer.statement(text, () => liveness.watch(() => stream(pool(), text, parameters, onRow)).catch(throwFault)),
      ),
    begin: (work) => counted(observer, () => begin(pool(), { liveness, observer }, work)),
  };
  // Drizzle asks for the whole client and uses four of these.
  return client as unknown as Sql;
}

function send(client: Sql | TransactionSql, text: string, parameters: unknown[], options: object): Query {
  return client.unsafe(text, parameters as never[], options) as unknown as Query;
}

async function stream(client: Sql, text: string, parameters: unknown[], onRow: (row: unknown[]) => void): Promise<void> {
  const rows = client.unsafe(text, parameters as never[], { prepare: true }).values();
  await (rows as unknown as { forEach: (onRow: (row: unknown[]) => void) => PromiseLike<unknown> }).forEach(onRow);
}

/** What stands between a statement and PostgreSQL. */
interface Guards {
  readonly liveness: Liveness;
  readonly observer: DatabaseObserver;
}

type Watch = <T>(exchange: () => PromiseLike<T>) => Promise<T>;
type Observe = <T>(run: () => Promise<T>) => Promise<T>;

async function counted<T>(observer: DatabaseObserver, run: () => Promise<T>): Promise<T> {
  observer.demand(1);
  try {
    return await run();
  } finally {
    observer.demand(-1);
  }
}

function guardQuery(watch: Watch, observe: Observe, start: () => Query): Query {
  const run = <T>(exchange: () => PromiseLike<T>) => observe(() => watch(exchange).catch(throwFault));
  return {
    // A promise that starts with its first listener, as the driver's own: `values()` and `raw()` have to come before.
    // oxlint-disable-next-line unicorn/no-thenable
    then: (resolve, reject) => run(start).then(resolve, reject),
    values: () => run(() => start().values()),
    raw: () => run(() => start().raw()),
  };
}

function throwFault(error: unknown): never {
  throw faultOf(error);
}

function faultOf(error: unknown): unknown {
  return findFault(error) ?? availabilityFault(error) ?? error;
}

function begin(pool: Sql, guards: Guards, work: (client: GuardedTransaction) => Promise<unknown>): Promise<unknown> {
  const { liveness } = guards;
  return new Promise((resolve, reject) => {
    const state: TransactionState = {
      failure: null,
      giveUp(error) {
        state.failure ??= error;
        reject(error);
      },
    };
    const watchPart = (part: Promise<unknown>): void => void liveness.watch(() => part).catch(state.giveUp);
    let begun: () => void = () => undefined;
    watchPart(new Promise<void>((done) => (begun = done)));
    let refusal: unknown = null;
    const whole = pool.begin(async (transaction) => {
      begun();
      try {
        // The caller may have been given up while this waited for a connection.
        throwIfFailed(state);
        const result = await work(guardTransaction(transaction, guards, state));
        // PostgreSQL would take a commit as soon as it thaws: throwing makes the driver send a rollback instead.
        throwIfFailed(state);
        return result;
      } catch (error) {
        refusal = error;
        throw error;
      } finally {
        watchPart(whole);
      }
    });
    // What the work threw is its own affair; a file that it did not find says nothing about the database.
    whole.then(resolve, (error: unknown) => reject(error === refusal ? error : faultOf(error))).finally(begun);
  });
}

function throwIfFailed({ failure }: TransactionState): void {
  if (failure) throw failure;
}

function guardTransaction(transaction: TransactionSql, guards: Guards, state: TransactionState): GuardedTransaction {
  const { liveness, observer } = guards;
  const watch: Watch = async (exchange) => {
    throwIfFailed(state);
    return await liveness.watch(exchange).catch((error: unknown) => {
      // Only what got no answer is a fault already; PostgreSQL's own errors leave the connection in order.
      if (error instanceof Fault) state.giveUp(error);
      throw error;
    });
  };
  return {
    unsafe: (text, parameters, options) =>
      guardQuery(
        watch,
        (run) => observer.statement(text, run),
        () => send(transaction, text, parameters, options),
      ),
    copyIn: (text, pieces) => observer.statement(text, () => watch(() => copyIn(transaction, text, pieces)).catch(throwFault)),
    savepoint: (work) => transaction.savepoint((inner) => work(guardTransaction(inner, guards, state))),
  };
}

async function copyIn(transaction: TransactionSql, text: string, pieces: Iterable<Uint8Array>): Promise<void> {
  await pipeline(Readable.from(pieces), await transaction.unsafe(text).writable());
}
