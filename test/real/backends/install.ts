// Builds the real backends from their Go modules into the cache; asking again costs milliseconds.

import { join } from 'node:path';
import { cached } from '../install/cache.ts';
import { goBuild, recipeKey } from '../install/go.ts';
import { recipeFolder, TOOLS, type Tool, type ToolName } from './tools.ts';

/** The path of the program, built first when the cache lacks it. */
export const binaryOf = (name: ToolName): Promise<string> => installTool(TOOLS[name]);

export const installTool = async (tool: Tool): Promise<string> => {
  const module = recipeFolder(tool);
  const key = recipeKey(module, tool.package, tool.ldflags, tool.tags ?? '');
  const directory = await cached(`${tool.name}-${tool.version}`, key, (target) =>
    goBuild({
      what: `${tool.name} ${tool.version}`,
      module,
      package: tool.package,
      binary: join(target, tool.name),
      ldflags: tool.ldflags,
      ...(tool.tags === undefined ? {} : { tags: tool.tags }),
    }),
  );
  return join(directory, tool.name);
};
