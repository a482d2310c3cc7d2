"""The cost model: inputs, flows, columns, bills and their ranges, sums over workflows."""
