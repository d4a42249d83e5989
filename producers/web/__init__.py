"""Safe and polite fetching: addresses, connections, bodies, hosts, robots.txt, pages."""
