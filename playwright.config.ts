import { defineConfig } from '@playwright/test'

/** `CHROMIUM` names the browser (`bun run test` finds or installs one); the tests start their own servers. */
const executablePath = process.env.CHROMIUM

export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: /\.(e2e|spec|test)\.ts$/,
  outputDir: 'dist/reports/browser',
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  /** What a test waits for comes within seconds; on a machine that is busy otherwise within these. */
  timeout: 240_000,
  expect: { timeout: 30_000 },
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    trace: process.env.CI ? 'off' : 'retain-on-failure', // a tenth of the work, and nobody can fetch it there
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
})
