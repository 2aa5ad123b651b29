// A transform for tests that can't keep up: 4 ms for each line, unless the line asks for haste.
export default {
  async transform({ value }) {
    if (typeof value !== 'string') await new Promise(resolve => setTimeout(resolve, 4));
    else if (Math.random() < 0.01) await new Promise(resolve => setTimeout(resolve, 4));
    return value;
  },
};
