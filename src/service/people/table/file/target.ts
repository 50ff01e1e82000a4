// Reads broker users and targets of the `people:` section. A target is AWS's own STS unless it says otherwise.

import type { YamlNode } from '../../../../config/yaml-file.ts'
import type { Section } from '../../../../config/yaml-members.ts'
import { isRegionName } from '../../../../core/region-name.ts'
import type { BrokerUser, Target } from '../../../contracts/people-table.ts'
import type { Reading } from './reading.ts'

const members = [
  ...['name', 'accounts', 'sts', 'region', 'federation', 'console', 'audience', 'ca-file', 'allow'],
  ...['access-key-id', 'secret-access-key-file', 'secret-access-key-env'],
]

const isUserName = (name: string) => /^[\w+=,.@-]{1,64}$/.test(name)
const isKeyId = (id: string) => /^[A-Z0-9]{16,128}$/.test(id)

export function readBroker(read: Reading, path: string, node: YamlNode): BrokerUser {
  const section = read.section(path, node, ['account', 'user'])
  return {
    account: read.account(section, 'account', 'must') ?? '',
    user: read.checked(section, 'user', isUserName, 'the name of an IAM user', 'must') ?? '',
  }
}

export function readTarget(read: Reading, path: string, node: YamlNode): Target {
  const section = read.section(path, node, members)
  const accounts = read.accounts(section, 'accounts')
  if (accounts.length === 0) read.wrong(section, 'accounts', 'a list of ids of 12 digits, each in quotes')
  const ca = read.certificates(section, 'ca-file')
  const key = readKey(read, section)
  return {
    name: read.name(section),
    accounts,
    sts: read.address(section, 'sts', 'https://sts.us-east-1.amazonaws.com'),
    region: read.checked(section, 'region', isRegionName, 'a region, such as us-east-1') ?? 'us-east-1',
    federation: read.address(section, 'federation', 'https://signin.aws.amazon.com/federation'),
    console: read.address(section, 'console', 'https://console.aws.amazon.com/'),
    audience: read.text(section, 'audience') ?? 'sts.amazonaws.com',
    ...(ca === undefined ? {} : { ca }),
    allow: read.ranges(section, 'allow') ?? [],
    ...(key === undefined ? {} : { key }),
  }
}

function readKey(read: Reading, section: Section): Target['key'] {
  const accessKeyId = read.checked(section, 'access-key-id', isKeyId, 'the id of an access key')
  const secret = read.secret(section, 'secret-access-key')
  if (section.members.has('access-key-id') !== read.hasSecret(section, 'secret-access-key'))
    read.problem(section, 'access-key-id', 'the id and the secret of a key come together')
  return accessKeyId === undefined || secret === undefined ? undefined : { accessKeyId, secret }
}
