/** The page of imports: at first, for a new project, refused, and done. */
export function importPages(shell: { title: string } & Record<string, unknown>, project: object) {
  return {
    import: {
      view: 'workspace/import',
      data: { shell, project, done: null, error: null, inTheWay: [], count: 0 },
    },
    'import-new': {
      view: 'workspace/import',
      data: { shell, project: null, done: null, error: null, inTheWay: [], count: 0 },
    },
    'import-conflicts': {
      view: 'workspace/import',
      data: {
        shell,
        project,
        done: null,
        error:
          '3 of these files are there already with other content, so nothing was imported. Choose to replace what is there, to keep both, or to skip.',
        inTheWay: ['index.html', 'images/a-rather-long-name-of-a-picture-of-the-bakery-from-the-street.png'],
        count: 3,
      },
    },
    'import-done': {
      view: 'workspace/import',
      data: {
        shell,
        project,
        done: {
          written: 12,
          unchanged: 1,
          skipped: 2,
          renamed: [{ from: 'a.txt', to: 'a (2).txt' }],
          leftOut: [{ what: 'node_modules/', files: 4_012 }],
        },
        error: null,
        inTheWay: [],
        count: 0,
      },
    },
  }
}
