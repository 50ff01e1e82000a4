// hallpass issuer export: writes what targets (AWS first) verify the broker's tokens with, for a place that they can reach.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '../app/failure.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'

export const issuerExport: Command = {
  name: 'issuer export',
  says: 'Write the discovery document and the public keys of the broker’s issuer into a folder, to be published under issuer-url.',
  takes: 'DIR',
  settings: [...storeSettings, 'public-url', 'issuer-url'],
  async run(input, world) {
    const folder = input.rest[0] ?? ''
    const { issuer, documents, audiences } = await callRoute(input, world, 'POST /issuer', {})
    const issuerUrl = input.settings['issuer-url']?.replace(/\/+$/, '')
    if (issuerUrl !== undefined && issuerUrl !== issuer)
      throw new Failure(
        `the server that runs here signs as ${issuer}: restart it with --issuer-url ${issuerUrl}, then export`,
      )
    for (const [path, document] of Object.entries(documents)) {
      const file = join(folder, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`)
      world.err(`wrote ${file}: publish it as ${issuer}/${path}`)
    }
    world.err('publish both again after each rotation of the keys: a new key is published a day before it signs')
    const clients = audiences.length === 0 ? ['sts.amazonaws.com'] : audiences
    world.out(`aws iam create-open-id-connect-provider --url ${issuer} --client-id-list ${clients.join(' ')}`)
    return 0
  },
}
