// AWS's own credential helper of IAM Roles Anywhere: built once, of the release that roles-anywhere-helper/go.mod names.
import { buildGo } from './go.js'

export const prepareRolesAnywhereHelper = () =>
  buildGo(
    'roles-anywhere-helper',
    ['go.mod', 'go.sum'],
    'the credential helper of IAM Roles Anywhere (once; about half a minute)',
    'github.com/aws/rolesanywhere-credential-helper',
  )
