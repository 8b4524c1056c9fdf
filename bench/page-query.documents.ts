import { askOnce, type ListServer } from "./peer-process.ts";

const PAGE_FIELDS = `
  nodes {
    id name status health statusReason openAlertCount
    source { type urlA urlB activePath }
    topAlert { id code severity message count }
    playbacks { id name type status urls hlsUrl dashUrl template { id name } }
  }
  pageInfo { hasNextPage endCursor }`;

/** What a table of live sessions shows. */
export const SESSIONS_QUERY = `query Sessions($first: Int, $after: String) { sessions(first: $first, after: $after) { ${PAGE_FIELDS} } }`;

export const TWO_PAGES_QUERY = `query Sessions($first: Int, $after: String) {
  one: sessions(first: $first) { ${PAGE_FIELDS} }
  two: sessions(first: $first, after: $after) { ${PAGE_FIELDS} }
}`;

export interface Page {
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export async function pageOf(server: ListServer, body: string): Promise<Page> {
  return (await askOnce<{ readonly sessions: Page }>(server, body)).sessions;
}

/** The same information under the names that PostGraphile makes of the tables. */
export const POSTGRAPHILE_QUERY = `query Sessions($first: Int, $after: Cursor, $organizationId: String!) {
  allSessions(first: $first, after: $after, condition: { organizationId: $organizationId }, orderBy: [NAME_ORDER_ASC, ROW_ID_ASC]) {
    nodes {
      rowId name status health statusReason openAlertCount inputType urlA urlB activePath
      alertsBySessionId(first: 1, condition: { endedAt: null }, orderBy: [SEVERITY_ASC, ROW_ID_DESC]) {
        nodes { rowId code severity message count }
      }
      playbacksBySessionId(orderBy: [POSITION_ASC]) {
        nodes {
          rowId name type status urls hlsEnabled dashEnabled pathToken
          templateByTemplateId { rowId name }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Nodes<Item> {
  readonly nodes: readonly Item[];
}

type Fields = Readonly<Record<string, unknown>>;

interface PostgraphileSession extends Fields {
  readonly alertsBySessionId: Nodes<Fields>;
  readonly playbacksBySessionId: Nodes<Fields & { readonly templateByTemplateId: Fields }>;
}

/** Its sessions in our shape, to see that they are the same. */
export function presentPostgraphile(
  { allSessions }: { readonly allSessions: Nodes<PostgraphileSession> },
  publicUrl: string,
): Page["nodes"] {
  return allSessions.nodes.map((session) => {
    const { alertsBySessionId, playbacksBySessionId, inputType: type, urlA, urlB, activePath, ...own } = session;
    const [alert] = alertsBySessionId.nodes;
    return {
      ...named(own),
      source: { type, urlA, urlB, activePath },
      topAlert: alert ? named(alert) : null,
      playbacks: playbacksBySessionId.nodes.map(({ hlsEnabled, dashEnabled, pathToken, templateByTemplateId, ...playback }) => ({
        ...named(playback),
        hlsUrl: hlsEnabled === true ? `${publicUrl}/live/${pathToken}/index.m3u8` : null,
        dashUrl: dashEnabled === true ? `${publicUrl}/live/${pathToken}/manifest.mpd` : null,
        template: named(templateByTemplateId),
      })),
    };
  });
}

function named({ rowId: id, ...fields }: Fields): Fields {
  return { id, ...fields };
}
