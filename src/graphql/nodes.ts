import { playbackLoader, secretLoader, sessionLoader } from "../sessions/session.loaders.ts";
import { templateLoader } from "../templates/template.loader.ts";
import type { NodeDefinition } from "./node.ts";

/** Everything that `node(id)` finds. Whoever adds a type that implements Node adds its line here. */
export const NODES: readonly NodeDefinition[] = [
  { kind: "playback", loader: playbackLoader },
  { kind: "secret", loader: secretLoader },
  { kind: "session", loader: sessionLoader },
  { kind: "template", loader: templateLoader },
];
