// The root of an organization, under which all its accounts are (AWS Organizations User Guide, "Terminology and concepts").
// It is never created or changed, so its id is derived from the organization's and is stored nowhere.

/** The root's id, `r-…`, from the organization's id. */
export const rootIdOf = (organization: string): string => `r-${organization.slice('o-'.length)}`

/** Where each account of the organization is, in the form of `aws:PrincipalOrgPaths` and similar keys. */
export const pathOf = (organization: string): string => `${organization}/${rootIdOf(organization)}/`
