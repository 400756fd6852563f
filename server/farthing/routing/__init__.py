"""Who answers a task: this machine, or a model that costs. Pure: nothing here asks, sends or reads anything."""
