/** The port of an http or https URL, spelt out. */
export const portOf = ({ port, protocol }: URL): number => port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
