import type { OutputType } from "../playbacks/playback.rules.ts";
import { SECRET_MASK } from "../sessions/secret.rules.ts";
import type { InputType } from "../sessions/session.rules.ts";
import { CSV_COLUMNS, csvTypeName, type CsvColumnKey } from "./csv.columns.ts";
import {
  createCommentJudge,
  MORE_THAN_ONE_PLAYBACK,
  type ExportOptions,
  type KindJudge,
  toComment,
  type SessionKind,
} from "./csv.comment.ts";
import { NEWLINE, writeRecords } from "./csv.write.ts";

export interface WrittenSessions {
  readonly csv: string;
  readonly rowCount: number;
  /** How many of the rows an import would pass over. */
  readonly commentedRowCount: number;
}

/** Stands for a comma within a cell. */
export const INNER_COMMA = "\x1f";

interface Line {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** Each after a comma, in the order of the columns that follow the name and the types. */
  readonly rest: string;
}

/** What is worked out once for all sessions of a kind. */
interface KnownKind extends KindJudge {
  /** The cells of the two types. */
  readonly types: string;
}

const place = (key: CsvColumnKey) => 1 + CSV_COLUMNS.findIndex((column) => column.key === key);
const URL_A = place("urlA");
const URL_B = place("urlB");
const OUTPUT_URLS = place("outputUrls");

/** What no row is written with as it is: a cell to be quoted, protected or unescaped, or a masked URL. A negative number is no more than slow. */
const NOT_PLAIN = new RegExp(`["\\x1f;\\t\\r\\n\\\\${SECRET_MASK.slice(0, 1)}]|,[\\s'=+\\-@]|\\s(?:,|$)`);

/** A file, or a part of one, that is being written. */
export interface LineFile {
  readonly add: (line: string) => void;
  readonly end: () => WrittenSessions;
}

/** Writes lines of `readExportLines` as rows of files; what it learns of kinds of sessions it keeps for those that follow. */
export function createLineWriter(options: ExportOptions): () => LineFile {
  const judgeOf = createCommentJudge(options);
  const kinds = new Map<string, KnownKind>();

  function kindOf(text: string): KnownKind {
    const known = kinds.get(text);
    if (known) return known;
    const kind = readKind(text);
    const types = `${csvTypeName(kind.inputType)},${kind.output ? csvTypeName(kind.output.type) : ""}`;
    const learnt = { ...judgeOf(kind), types };
    kinds.set(text, learnt);
    return learnt;
  }

  return () => {
    let csv = "";
    let rowCount = 0;
    let commentedRowCount = 0;
    let session: Line | null = null;
    let hasMore = false;

    function endSession(): void {
      if (!session) return;
      const kind = kindOf(session.kind);
      const row = `,${session.name},${kind.types}${session.rest}`;
      rowCount += 1;
      if (kind.isAccepted && !hasMore && !NOT_PLAIN.test(row)) {
        csv += row + NEWLINE;
        return;
      }
      const cells = row.split(",").map(readCell);
      const reason = hasMore ? MORE_THAN_ONE_PLAYBACK : reasonOf(cells, kind);
      if (reason !== null) commentedRowCount += 1;
      csv += writeRecords([cells.with(0, toComment(reason))]);
    }

    return {
      add(text) {
        const line = readLine(text);
        if (line.id === session?.id) {
          hasMore = true;
          return;
        }
        endSession();
        session = line;
        hasMore = false;
      },
      end() {
        endSession();
        return { csv, rowCount, commentedRowCount };
      },
    };
  };
}

/** The id of the session that a line is of. */
export function idOfLine(line: string): string {
  const start = line.indexOf(",") + 1;
  return line.slice(start, line.indexOf(",", start));
}

function readLine(text: string): Line {
  const kindEnd = text.indexOf(",");
  const idEnd = text.indexOf(",", kindEnd + 1);
  const nameEnd = text.indexOf(",", idEnd + 1);
  return {
    kind: text.slice(0, kindEnd),
    id: text.slice(kindEnd + 1, idEnd),
    name: text.slice(idEnd + 1, nameEnd),
    rest: text.slice(nameEnd),
  };
}

function reasonOf(cells: readonly string[], { reasonOf: judge }: KindJudge): string | null {
  const inputs = [cells[URL_A] ?? "", cells[URL_B] ?? ""].filter((url) => url !== "");
  // The path of a file output may hold blanks: its parts are judged no more than the whole is.
  return judge({ inputs, outputs: cells[OUTPUT_URLS] ? cells[OUTPUT_URLS].split(" ") : [] });
}

/** Input type, 1 with a stream remap, 1 for a session of an event, and unless there is no playback the output type, how many URLs there are, and the template's id. */
function readKind(text: string): SessionKind {
  const [inputType = "", remap = "", event = "", outputType, urlCount = "", templateId = ""] = text.split(" ");
  return {
    inputType: inputType as InputType,
    hasRemap: remap === "1",
    isOfEvent: event === "1",
    output: outputType === undefined ? null : { type: outputType as OutputType, templateId, urlCount: Number(urlCount) },
  };
}

const ESCAPES: Readonly<Record<string, string>> = { [INNER_COMMA]: ",", "\\\\": "\\", "\\c": INNER_COMMA };

function readCell(cell: string): string {
  return cell.replace(/\x1f|\\[\\c]/g, (found) => ESCAPES[found] ?? found);
}
