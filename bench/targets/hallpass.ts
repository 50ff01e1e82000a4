// The whole server as it ships (audit durable, metrics, limits, SQLite with synchronous=FULL), with one user and one role.

import { readRoot } from '../../src/app/operator/root-file.ts'
import { start } from '../../src/app/start.ts'
import { loadSettings } from '../../src/config/load.ts'
import { applySeed } from '../../src/service/seed.ts'
import type { Seed } from '../../src/service/seed-shape.ts'
import { sqlite } from '../../src/store/sqlite/kind.ts'
import { serveParent } from './child.ts'

// `usual`: the default rate limits; otherwise limits too high for a load generator to reach.
const [data = '', providersFile = '', rates = 'none', backendsFile = ''] = process.argv.slice(2)
const account = '111122223333'
const clock = () => new Date()
const limited = ['address', 'key', 'provider', 'pool']
const settings = await loadSettings({
  flags: {
    data,
    listen: '127.0.0.1:0',
    'root-account-id': account,
    ...(providersFile === '' ? {} : { 'providers-file': providersFile }),
    ...(backendsFile === '' ? {} : { 'backends-file': backendsFile }),
    ...(rates === 'usual' ? {} : Object.fromEntries(limited.map((kind) => [`rate-per-${kind}`, '1000000']))),
  },
  environment: {},
})
const policy = (action: string, resource: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] })

const seed: Seed = {
  accounts: [
    {
      id: account,
      name: 'bench',
      policies: [],
      users: [
        {
          name: 'caller',
          path: '/',
          tags: [{ Key: 'team', Value: 'blue' }],
          inline: [
            { name: 'assume', text: policy('sts:AssumeRole', `arn:aws:iam::${account}:role/*`) },
            { name: 'read', text: policy('s3:Get*', 'arn:aws:s3:::bucket/*') },
          ],
          attach: ['arn:aws:iam::aws:policy/IAMReadOnlyAccess'],
          accessKeys: 1,
        },
      ],
      roles: [
        {
          name: 'Target',
          path: '/',
          tags: [{ Key: 'team', Value: 'blue' }],
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy language
          inline: [{ name: 'read', text: policy('s3:Get*', 'arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*') }],
          attach: [],
          trust: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${account}:root` },
                Action: 'sts:AssumeRole',
                Condition: { StringEquals: { 'sts:ExternalId': 'bench' } },
              },
            ],
          }),
        },
      ],
    },
  ],
}

const err = (line: string) => void process.stderr.write(`${line}\n`)
const { engine, running } = await start(settings, 'production', { environment: {}, stores: [sqlite], clock, err })
const root = readRoot(data)
const { keys } = await applySeed(engine.parts, seed, clock())
const [key] = keys
serveParent({
  port: Number(new URL(running.url).port),
  accessKeyId: key?.accessKeyId,
  secret: key?.secret.reveal(),
  root: { accessKeyId: root?.accessKeyId, secretAccessKey: root?.secret.reveal() },
  role: `arn:aws:iam::${account}:role/Target`,
})
