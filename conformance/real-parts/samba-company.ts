// A company's people and groups in Active Directory: groups in groups, and accounts that do not let their people in.
import type { SambaCompany } from './samba-server.ts'

export const password = 'Correct-Horse-7'
const person = (name: string, values: Readonly<Record<string, string>> = {}) => ({ name, password, values })

export const company: SambaCompany = {
  domain: { lockoutThreshold: '3' },
  units: ['People', 'Groups', 'Elsewhere'],
  people: [
    person('hallpass'),
    person('ann', { department: 'Platform' }),
    person('ben'),
    person('cleo'),
    person('dora', { userAccountControl: '514' }),
    person('eli'),
    // 2020 in counts of 100 ns since 1601.
    person('finn', { accountExpires: '132223104000000000' }),
    person('gil', { pwdLastSet: '0' }),
  ],
  groups: [
    { name: 'platform', unit: 'Groups', members: ['ann'] },
    { name: 'AWS-Admins', unit: 'Groups', members: ['platform'] },
    { name: 'all-staff', unit: 'Groups', members: ['AWS-Admins', 'ben'] },
    { name: 'elsewhere-admins', unit: 'Elsewhere', members: ['ben'] },
  ],
}
