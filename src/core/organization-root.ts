// The root of an organization, under which all its accounts are (AWS Organizations User Guide, "Terminology and concepts").
// It is never made nor changed, so its id comes from the organization's and stands nowhere else.

/** `r-…` of an organization's id. */
export const rootIdOf = (organization: string): string => `r-${organization.slice('o-'.length)}`

/** Where each account of the organization is, as `aws:PrincipalOrgPaths` and its like say it. */
export const pathOf = (organization: string): string => `${organization}/${rootIdOf(organization)}/`
