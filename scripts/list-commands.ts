import { Config, Plugin } from '@oclif/core';
import { allDefinitions, type Listing } from '../src/cli/framework/config.ts';

/** All commands of a checkout, each of which must load. */
export async function listCommands(root: string): Promise<Listing> {
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  await plugin.load();
  const config = new Config({ root, plugins: new Map([[plugin.name, plugin]]) });
  await config.load();
  const { bin, commands, name, topics, version } = config;
  const { description, oclif } = config.pjson;
  const definitions = await allDefinitions();
  return {
    bin,
    name,
    version,
    pjson: { name, version, description, oclif },
    commands,
    topics,
    definitions,
  };
}
