console.log('benchmarks: nothing to measure yet');
