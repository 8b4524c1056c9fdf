import { newApiKey } from "../access/api-key.rules.ts";
import type { Command } from "./command.ts";

export const keyCommand: Command = {
  name: "key",
  parameters: [],
  options: [],
  summary: "Make an API key for HEADEND_ADMIN_KEY.",
  async run({ print }) {
    print(newApiKey());
    return 0;
  },
};
