"""What goes wrong on purpose, if create_app(faults=True) allows it: PUT /_faults sets it, GET /_faults counts it, GET /_store checks it."""
