// The part of an address that its owner cannot change at will: limits count by it.

/** The key an address is counted under: IPv4 itself, IPv6 its /64 (a host has that many addresses of its own). */
export function addressNetwork(address: string): string {
  if (!address.includes(':')) return address
  // Most addresses write their first four groups out.
  let colons = 0
  for (let i = 0; i < address.length; i++) {
    if (address[i] !== ':') continue
    if (address[i + 1] === ':' && colons < 3) break
    if (++colons === 4) return `${address.slice(0, i)}::/64`
  }
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length
    while (groups.length + after < 8) groups.push('0')
    if (groups.length < 4) groups.push(...tail.split(':'))
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}
