#!/usr/bin/env node
// What is run is apart, so that a build can put it into a bundle and have this file lead there.
import "./run.ts";
