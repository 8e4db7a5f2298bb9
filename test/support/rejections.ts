/** Mocha passes on a rejection that nobody handles, to nobody: here it fails the test that runs. */
process.on('unhandledRejection', (reason) => {
  throw reason;
});
