test('CommonJS runs as it is', async () => {
  expect(await require('./echo.cjs')()).toBe('data: an event, echo of hello');
});
