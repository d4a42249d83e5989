"""Fetching, safely and politely: addresses, connections, bodies, hosts, robots.txt, pages."""
