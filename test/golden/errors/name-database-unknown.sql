USE warehouse;
