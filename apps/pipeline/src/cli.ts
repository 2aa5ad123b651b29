#!/usr/bin/env node
console.log('heddle-pipeline: nothing to run yet');
