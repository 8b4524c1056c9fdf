/** What the demo asks for: the main job, as any client would do it. */
export const CREATE_TEMPLATE = /* GraphQL */ `
  mutation CreateTemplate($input: CreateTemplateInput!) {
    createTemplate(input: $input) {
      userErrors {
        message
      }
    }
  }
`;

export const IMPORT_SESSIONS = /* GraphQL */ `
  mutation ImportSessions($input: ImportSessionsCsvInput!) {
    importSessionsCsv(input: $input) {
      errors {
        row
        column
        message
      }
      sessions {
        name
        streamId
      }
      cursor
      userErrors {
        message
      }
    }
  }
`;

export const START_ALL = /* GraphQL */ `
  mutation StartAll {
    startSessions(input: { selection: { filter: {} } }) {
      acceptedCount
      results {
        error {
          message
        }
      }
      userErrors {
        message
      }
    }
  }
`;

export const SESSION_CHANGES = /* GraphQL */ `
  subscription SessionChanges($after: Cursor) {
    sessionChanges(after: $after) {
      kind
      at
      status
      health
      session {
        name
        statusReason
        playbacks {
          hlsUrl
          dashUrl
        }
      }
    }
  }
`;

export const TEMPLATES = [
  { name: "Passthrough", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] },
  { name: "Two renditions", renditions: [rendition("360p", 640, 360, 900), rendition("180p", 320, 180, 350)] },
];

function rendition(name: string, width: number, height: number, videoBitrateKbps: number) {
  return { name, videoCodec: "H264", width, height, videoBitrateKbps, frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 96 };
}
