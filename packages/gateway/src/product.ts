/** How the gateway names itself in `Server` headers and on the command line. */
export const product = { name: 'Clinch', version: '0.1.0' } as const
