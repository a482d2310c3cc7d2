"""What the suite leaves alone: programs that tests start as processes of their own."""

collect_ignore_glob = ["batch_faults/*", "benchmarks/*"]
